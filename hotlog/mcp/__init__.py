"""The face for coding agents: `hotlog mcp`, a server of the Model Context Protocol over stdin and stdout.

    server      the protocol: which tools there are, one call in, one text out
    desk        what one server process remembers: its groups, what it handed out, what a person allowed
    consent     who must be asked, and the question in each era of the protocol
    looking     find_functions find_places read_code
    placing     add_rules remove_rules
    edits       try_edits promote_rules
    following   wait_for_events read_value
    failures    explain_failure
    answer      the text of a result: verdict, data between fences, what to call next

All that it knows comes from `hotlog.client`. What a person may be asked is decided here, in code, and in no prompt.
"""
