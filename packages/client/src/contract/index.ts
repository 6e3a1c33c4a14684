/** Entry `@wamp/client/contract`: contracts whose schemas type and validate the payloads of procedures and topics. */
export { defineContract, typesOnly, type ProcedureTypes, type TopicTypes, type TypesOf } from './define.ts';
export { ValidationError, type ValidationIssue } from './validation-error.ts';
export type { ContractSchemas, ProcedureSchemas, TopicSchemas } from './schemas.ts';
export type {
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from './standard-schema.ts';
