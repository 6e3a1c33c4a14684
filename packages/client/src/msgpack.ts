// MessagePack for the client.
export {};
