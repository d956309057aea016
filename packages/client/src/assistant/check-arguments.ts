import { isStandard, type Checked, type StandardIssue, type ToolSchema } from './schema.ts';

/** Reads the JSON of a tool call. Rejects only when the schema itself is broken. */
export async function checkArguments(schema: ToolSchema, json: string): Promise<Checked> {
  let value: unknown;
  try {
    // A tool without parameters is called with nothing by some models.
    value = json.trim() === '' ? {} : JSON.parse(json);
  } catch {
    return { ok: false, problem: 'The arguments are not JSON' };
  }
  if (!isStandard(schema)) {
    const { checkJson } = await import('./json-schema.ts');
    return checkJson(schema, value);
  }
  const result = await schema['~standard'].validate(value);
  return result.issues
    ? { ok: false, problem: result.issues.slice(0, 5).map(describe).join('; ') }
    : { ok: true, value: result.value };
}

function describe({ message, path }: StandardIssue): string {
  const where = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
  return where.length > 0 ? `${where.join('.')}: ${message}` : message;
}
