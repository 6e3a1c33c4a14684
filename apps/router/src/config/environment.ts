/** Substitutes environment variables: `${NAME}` for the value of a variable, `$${` for the characters `${`. */

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const NAME = /^[A-Za-z_]\w*$/;

/** The text after substitution, or the fault found. */
export type Expansion = { readonly text: string } | { readonly fault: string };

export function expandEnvironment(text: string, environment: Environment): Expansion {
  let fault: string | undefined;
  const expanded = text.replace(REFERENCE, (reference, name: string | undefined) => {
    if (name === undefined) return '${';
    if (!reference.endsWith('}') || !NAME.test(name)) {
      fault ??=
        'holds ${ without a name and }, expected ${NAME} for an environment variable, or $${ for ${ itself';
      return '';
    }
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value === undefined) fault ??= `the environment variable ${name} is not set`;
    return value ?? '';
  });
  return fault === undefined ? { text: expanded } : { fault };
}
