// A client of the Model Context Protocol that is not written in Python. It starts the server that its arguments name, answers its
// question with ANSWER, runs the calls of stdin (a JSON list of [tool, arguments]), and prints what came back as JSON.
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const [command, ...args] = process.argv.slice(2);
const answer = process.env.ANSWER;
const asked = [];
const client = new Client(
  { name: "foreign", version: "1.0" },
  { capabilities: answer ? { elicitation: {} } : {} },
);
if (answer) {
  client.setRequestHandler(ElicitRequestSchema, async (request) => {
    asked.push(request.params.message);
    return answer === "decline" ? { action: "decline" } : { action: "accept", content: { answer } };
  });
}
const transport = new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" });
await client.connect(transport);
const { tools } = await client.listTools();
const texts = [];
for (const [name, given] of JSON.parse(readFileSync(0, "utf8"))) {
  const result = await client.callTool({ name, arguments: given });
  texts.push(result.content.map((each) => each.text).join(""));
}
await client.close();
console.log(JSON.stringify({ tools: tools.map((tool) => tool.name), server: client.getServerVersion(), instructions: client.getInstructions(), asked, texts }));
