-- For nvim-dap. <F9> and dap.set_breakpoint(nil, nil, "total={total}") set logpoints, dap.continue() attaches.
local dap = require("dap")
dap.adapters.hotlog = { type = "executable", command = COMMAND, args = ARGUMENTS }
dap.configurations.python = dap.configurations.python or {}
table.insert(dap.configurations.python, CONFIGURATION)
