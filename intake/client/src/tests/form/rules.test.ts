/** The rules of forms, over the same generated cases as tests/form/test_rules.py. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as rules from "../../form/rules.js";

interface FileQuestion {
  id: string;
  kind: string;
  required?: boolean;
  subject?: boolean;
  when?: { question: string; is: string[] };
  options?: { id: string }[];
}

interface Case {
  form: { questions: FileQuestion[]; choices: Record<string, string[]> };
  fields: rules.Fields;
  limits: rules.Limits;
  output: unknown;
}

const cases = JSON.parse(readFileSync(`${process.env["VECTORS"]!}/forms/rules.json`, "utf8")) as Case[];

const pair = ({ question, rule }: rules.Problem): [string, string] => [question, rule];

function outcome({ form: file, fields, limits }: Case): unknown {
  const form = file.questions.map(({ id, kind, required = false, subject = false, when = null }): rules.Question => ({
    id,
    kind,
    required,
    subject,
    when,
    options: file.choices[id]!,
  }));
  const asked = rules.applicable(form, fields);
  return {
    applicable: asked.map((question) => question.id),
    answers: Object.fromEntries(asked.map((question) => [question.id, rules.answer(question, fields)])),
    contact: rules.contact(form, fields),
    problems: rules.problems(form, fields, limits).map(pair),
    question_problems: asked.flatMap((question) => rules.questionProblems(form, question, fields, limits)).map(pair),
    is_request: rules.isRequest(form, fields),
    can_be_request: Object.fromEntries(
      form.map((question) => [question.id, rules.canBeRequest(form, fields, question.id)]),
    ),
  };
}

test("a generated form has the same outcome as without JavaScript", () => {
  assert.ok(cases.length >= 300);
  for (const [number, one] of cases.entries()) assert.deepEqual(outcome(one), one.output, `case ${number + 1}`);
});
