"use strict";

// Standard input: {name: text in M}. Standard output: {name: what is wrong}, of those that are no M.
const parser = require("@microsoft/powerquery-parser");

async function main() {
  const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const wrong = {};
  for (const [name, text] of Object.entries(texts)) {
    const result = await parser.TaskUtils.tryLexParse(parser.DefaultSettings, text);
    if (result.resultKind !== parser.ResultKind.Ok) wrong[name] = result.error.message;
  }
  console.log(JSON.stringify(wrong));
}

main();
