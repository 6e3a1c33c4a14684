/** MessagePack for the client: `serializers: [msgpack]`. */
export { msgpack } from '@wamp/protocol/msgpack';
