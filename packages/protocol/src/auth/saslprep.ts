/** SASLprep: one form for the many ways to type a name or a password (RFC 4013). */

const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/;

/**
 * The text in its prepared form.
 * @throws Error for what may be no name or password, such as control characters
 */
export async function saslprep(text: string): Promise<string> {
  // The tables of Unicode are large, and change nothing here.
  if (PRINTABLE_ASCII.test(text)) return text;
  const library = await import('@mongodb-js/saslprep');
  return library.saslprep(text);
}
