// Microsoft's DebugClient, driven by lines of JSON: {"id": 1, "call": "setBreakpointsRequest", "args": [...]} in,
// {"id": 1, "result": ...}, {"id": 1, "error": "..."} and {"event": {...}} out.
const { DebugClient } = require("@vscode/debugadapter-testsupport");
const readline = require("readline");

const [runtime, adapter] = process.argv.slice(2);
const client = new DebugClient(runtime, adapter, "hotlog", { env: process.env, cwd: process.cwd() }, true);
const put = (line) => process.stdout.write(JSON.stringify(line) + "\n");

// Every event, whatever its name.
const emit = client.emit.bind(client);
client.emit = (name, event) => {
  if (event && event.type === "event") put({ event });
  return emit(name, event);
};

const own = {
  kill: async () => client._adapterProcess.kill("SIGKILL"),
  terminate: async () => client._adapterProcess.kill("SIGTERM"),
  end: async () => client._adapterProcess.stdin.end(),
  // By DebugClient's own method, where it has one.
  send: (command, args) => client[command + "Request"] ? client[command + "Request"](args) : client.send(command, args),
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, call, args } = JSON.parse(line);
  try {
    put({ id, result: await (own[call] ? own[call](...args) : client[call](...args)) ?? null });
  } catch (fault) {
    put({ id, error: fault.message });
  }
}).on("close", () => {
  client.stopAdapter();
  process.exit(0);
});
