/** The principals of an authentication method: listed in the file, or provided by a procedure. */
import { isNameable, type DynamicAuthenticator } from '@wamp/router';
import { z } from 'zod';
import { NOT_WELL_FORMED, text, uri, type Complain } from './kinds.ts';

/** Principals by authid, or a procedure. */
export type PrincipalSource<C> = ReadonlyMap<string, C> | DynamicAuthenticator;

/** The value in the file. */
interface Written<C> {
  readonly principals?: Readonly<Record<string, C>>;
  readonly procedure?: string;
  readonly realm?: string;
  readonly realms?: readonly string[];
}

interface ProcedureShape {
  readonly procedure: z.ZodExactOptional<z.ZodType<string>>;
  readonly realm: z.ZodExactOptional<z.ZodType<string>>;
  readonly realms: z.ZodExactOptional<z.ZodType<readonly string[]>>;
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
    realms: z
      .array(nameable())
      .min(1)
      .meta({ title: 'a list of realms' })
      .exactOptional()
      .describe(
        'Other realms that the procedure may put the client into, as names or patterns such as com.example.*; none by default. Never the realm for administration.',
      ),
  };
}

function nameable(): z.ZodType<string> {
  return z.string().refine(isNameable, { message: NOT_WELL_FORMED }).meta({
    title: 'the name of a realm, or a pattern such as com.example.*, not of all realms and not below wamp',
  });
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

/** Either principals or a procedure, and realms only with the latter. */
export function checkSource({ principals, ...dynamically }: Written<unknown>, complain: Complain): void {
  const { procedure } = dynamically;
  if (principals === undefined && procedure === undefined) {
    complain([], 'is incomplete, expected principals or procedure');
  }
  if (principals !== undefined && procedure !== undefined) {
    complain(['procedure'], 'does not go with principals, expected one of them');
  }
  checkProcedure(dynamically, complain);
}

/** Keys of a procedure without a procedure have no effect. */
export function checkProcedure({ procedure, realm, realms }: Written<unknown>, complain: Complain): void {
  if (procedure !== undefined) return;
  if (realm !== undefined) complain(['realm'], 'is the realm of no procedure, expected procedure beside it');
  if (realms !== undefined)
    complain(['realms'], 'is for what a procedure names, expected procedure beside it');
}

export function sourceOf<C>({ principals = {}, ...rest }: Written<C>): PrincipalSource<C> {
  return dynamicOf(rest) ?? new Map(Object.entries(principals));
}

/** @returns undefined without a procedure */
export function dynamicOf({
  procedure,
  realm,
  realms,
}: Omit<Written<unknown>, 'principals'>): DynamicAuthenticator | undefined {
  return procedure === undefined
    ? undefined
    : {
        procedure,
        ...(realm === undefined ? {} : { realm }),
        ...(realms === undefined ? {} : { realms }),
      };
}

/** The name of a role. */
export function role(): z.ZodType<string> {
  return text('the name of a role').describe('The role of the sessions of this principal.');
}
