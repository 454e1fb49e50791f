-- A person in Neovim with nvim-dap. LOGPOINT, ADAPTER and OUT come as variables; each line of OUT says what was seen.
local dap = require("dap")
dofile(os.getenv("ADAPTER"))
local out, line = io.open(os.getenv("OUT"), "w"), tonumber(os.getenv("LOGPOINT"))
local function say(...) out:write(table.concat({ ... }, " ") .. "\n") end
local logged, stopped = "", 0
dap.listeners.after.event_output["story"] = function(_, body) if body.category == "stdout" then logged = body.output end end
dap.listeners.after.event_stopped["story"] = function() stopped = stopped + 1 end
local function wait(what, holds) assert(vim.wait(60000, holds, 50), what) end
local function stop_after(step)
  local before = stopped
  step()
  wait("a stop", function() return stopped > before and dap.session().current_frame end)
  vim.wait(300) -- its frames and scopes
end
local ok, fault = pcall(function()
  vim.api.nvim_win_set_cursor(0, { line, 0 })
  dap.set_breakpoint(nil, nil, "goods={goods}")
  dap.run(dap.configurations.python[#dap.configurations.python])
  wait("a log line", function() return logged ~= "" end)
  say("logged", vim.trim(logged))
  dap.clear_breakpoints()
  vim.wait(300)
  stop_after(function() dap.set_breakpoint("goods > 5") end)
  say("captured", dap.session().current_frame.name, vim.api.nvim_win_get_cursor(0)[1])
  dap.session():evaluate({ expression = "len(self.lines)", context = "hover" }, function(_, found) say("hover", found.result) end)
  vim.wait(500)
  stop_after(dap.step_over)
  stop_after(dap.continue)
  dap.clear_breakpoints()
  dap.set_exception_breakpoints({ "record" })
  vim.wait(300)
  stop_after(dap.continue)
  say("recorded", dap.session().current_frame.name)
  stop_after(dap.step_into)
  stop_after(dap.step_into)
  say("inside", dap.session().current_frame.name)
  stop_after(dap.step_back) -- over the call, which it has just entered
  say("back", dap.session().current_frame.name)
  dap.terminate()
  wait("its end", function() return not dap.session() end)
end)
say("ended", tostring(ok), fault or "")
out:close()
vim.cmd("qa!")
