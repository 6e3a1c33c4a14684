/** JSON Web Tokens for tickets: `ticket(jwtVerifier(rules))`. Needs package `jose` beside this one. */
export { jwtAlgorithms, jwtVerifier, type JwtKeys, type JwtRules } from './auth/jwt.ts';
