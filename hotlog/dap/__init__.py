"""The face for editors: `hotlog dap`, a debug adapter over stdin and stdout or a port of this machine.

    server       one editor on stdin and stdout, or any number on a port that wants a token
    session      the protocol: which requests there are, one in, one answer out
    stepping     what is asked of what looks stopped
    asking       what an editor asks for, as breakpoints want it
    following    what the rules of the session tell, and their leases
    breakpoints  an editor's breakpoints as rules: the difference in one write, and what became of each
    captures     captures as threads that look stopped: one is shown, the others wait
    shown        what the editor shows
    stories      what a capture, a trace or a recording shows at each of its steps
    variables    captured values as variables
    places       the editor's files and the deployed ones
    framing      messages on a stream

All that it knows comes from `hotlog.client`. Nothing ever stops in Lambda, and whatever looks stopped says so.
"""
