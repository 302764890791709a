/** Whether a value has a shape that is written as a type of TypeScript, and nothing besides. */
import ts from 'typescript';

/** What is at odds with it; none when it has the shape. `JSON` stands for anything. */
export function misfits(value: unknown, shape: string): string[] {
  const source = ts.createSourceFile('shape.ts', `type Shape = ${shape};`, ts.ScriptTarget.Latest, true);
  const [statement] = source.statements;
  if (statement === undefined || !ts.isTypeAliasDeclaration(statement)) return [`no type: ${shape}`];
  return check(value, statement.type, '$');
}

function check(value: unknown, type: ts.TypeNode, at: string): string[] {
  if (ts.isUnionTypeNode(type)) {
    const all = type.types.map((one) => check(value, one, at));
    return all.find((problems) => problems.length === 0) ?? [...all.sort((a, b) => a.length - b.length)[0]!];
  }
  if (ts.isParenthesizedTypeNode(type)) return check(value, type.type, at);
  if (ts.isArrayTypeNode(type)) {
    if (!Array.isArray(value)) return [`${at} is no array`];
    return value.flatMap((one, i) => check(one, type.elementType, `${at}[${i}]`));
  }
  if (ts.isTypeLiteralNode(type)) return checkObject(value, type, at);
  if (ts.isLiteralTypeNode(type)) {
    const { literal } = type;
    const wanted = ts.isStringLiteral(literal) ? literal.text : JSON.parse(literal.getText());
    return value === wanted ? [] : [`${at} is ${JSON.stringify(value)} and not ${literal.getText()}`];
  }
  const name = type.getText();
  if (name === 'JSON' || name === 'unknown') return value === undefined ? [`${at} is missing`] : [];
  if (name === 'object') return typeof value === 'object' && value !== null ? [] : [`${at} is no object`];
  return typeof value === name ? [] : [`${at} is ${JSON.stringify(value)} and no ${name}`];
}

function checkObject(value: unknown, type: ts.TypeLiteralNode, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`];
  const problems: string[] = [];
  const left = new Map(Object.entries(value));
  let others: ts.TypeNode | undefined;
  for (const member of type.members) {
    if (ts.isIndexSignatureDeclaration(member)) others = member.type;
    if (!ts.isPropertySignature(member)) continue;
    const name = ts.isStringLiteral(member.name) ? member.name.text : member.name.getText();
    if (left.has(name)) problems.push(...check(left.get(name), member.type!, `${at}.${name}`));
    else if (member.questionToken === undefined) problems.push(`${at}.${name} is missing`);
    left.delete(name);
  }
  for (const [name, one] of left) {
    if (others === undefined) problems.push(`${at}.${name} is in no shape`);
    else problems.push(...check(one, others, `${at}.${name}`));
  }
  return problems;
}
