// CBOR for the client.
export {};
