// Starts `hotlog dap` for a launch configuration of the type "hotlog". No build: VS Code loads this file as it is.
const vscode = require("vscode");

function activate(context) {
  const factory = {
    createDebugAdapterDescriptor(session) {
      const said = session.configuration;
      if (said.debugServer) return undefined; // VS Code connects to that port by itself
      const [command, ...words] = said.command || ["hotlog"];
      return new vscode.DebugAdapterExecutable(command, [...words, "dap"], { env: said.env, cwd: said.sourceRoot });
    },
  };
  const provider = {
    async resolveDebugConfiguration(folder, said) {
      if (said.type) return said;
      const name = await vscode.window.showInputBox({ prompt: "Function in Lambda to attach to" });
      if (!name) return undefined;
      return { type: "hotlog", request: "attach", name, function: name, sourceRoot: folder && folder.uri.fsPath };
    },
  };
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory("hotlog", factory),
    vscode.debug.registerDebugConfigurationProvider("hotlog", provider),
  );
}

module.exports = { activate, deactivate() {} };
