"""A module that cannot be imported."""

import nothing_of_this_name  # type: ignore[import-not-found]

handler = nothing_of_this_name.handler
