/** SASLprep: the normal form of names and passwords (RFC 4013). */

const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/;

/**
 * The prepared form of a text.
 * @throws Error for prohibited characters, such as control characters
 */
export async function saslprep(text: string): Promise<string> {
  // ASCII needs none of the large Unicode tables.
  if (PRINTABLE_ASCII.test(text)) return text;
  const library = await import('@mongodb-js/saslprep');
  return library.saslprep(text);
}
