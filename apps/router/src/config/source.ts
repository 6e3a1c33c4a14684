/** The principals of an authentication method: listed in the file, or provided by a procedure. */
import type { DynamicAuthenticator } from '@wamp/router';
import { z } from 'zod';
import { text, uri, type Complain } from './kinds.ts';

/** Principals by authid, or a procedure. */
export type PrincipalSource<C> = ReadonlyMap<string, C> | DynamicAuthenticator;

/** The value in the file. */
interface Written<C> {
  readonly principals?: Readonly<Record<string, C>>;
  readonly procedure?: string;
  readonly realm?: string;
}

interface ProcedureShape {
  readonly procedure: z.ZodExactOptional<z.ZodType<string>>;
  readonly realm: z.ZodExactOptional<z.ZodType<string>>;
}

/** The keys of a dynamic authenticator. */
export function procedureShape(instead: string): ProcedureShape {
  return {
    procedure: uri()
      .exactOptional()
      .describe(`Procedure that says who may come in, instead of ${instead} (dynamic authentication).`),
    realm: uri()
      .exactOptional()
      .describe('The realm of the procedure; by default, the one that the client wants to join.'),
  };
}

/** The keys of a source. @param principal the value below an authid */
export function sourceShape<C>(
  principal: z.ZodType<C>,
): ProcedureShape & { readonly principals: z.ZodExactOptional<z.ZodType<Readonly<Record<string, C>>>> } {
  return {
    principals: z
      .record(z.string().min(1), principal)
      .meta({ title: 'a mapping of principals by authid' })
      .exactOptional()
      .describe('The principals, by authid.'),
    ...procedureShape('principals'),
  };
}

/** Either principals or a procedure, and a realm only with the latter. */
export function checkSource({ principals, procedure, realm }: Written<unknown>, complain: Complain): void {
  if (principals === undefined && procedure === undefined) {
    complain([], 'is incomplete, expected principals or procedure');
  }
  if (principals !== undefined && procedure !== undefined) {
    complain(['procedure'], 'does not go with principals, expected one of them');
  }
  if (procedure === undefined && realm !== undefined) {
    complain(['realm'], 'is the realm of no procedure, expected procedure beside it');
  }
}

export function sourceOf<C>({ principals = {}, procedure, realm }: Written<C>): PrincipalSource<C> {
  return procedure === undefined ? new Map(Object.entries(principals)) : dynamic(procedure, realm);
}

export function dynamic(procedure: string, realm: string | undefined): DynamicAuthenticator {
  return realm === undefined ? { procedure } : { procedure, realm };
}

/** The name of a role. */
export function role(): z.ZodType<string> {
  return text('the name of a role').describe('The role of the sessions of this principal.');
}
