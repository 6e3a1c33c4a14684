/** CBOR for the client: `serializers: [cbor]`. */
export { cbor } from '@wamp/protocol/cbor';
