// The lightest peer of its language: node's `ws`, which keeps who follows what, and gives each what is posted there.

import { WebSocketServer } from "ws";

const followers = new Map();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", backlog: 4096, perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const { subscribe, channel } = JSON.parse(data);
    for (const followed of subscribe ?? []) {
      if (!followers.has(followed)) followers.set(followed, new Set());
      followers.get(followed).add(socket);
    }
    if (subscribe) socket.send('{"type":"subscribed"}');
    for (const follower of followers.get(channel) ?? []) follower.send(data.toString());
  });
  socket.on("close", () => followers.forEach((sockets) => sockets.delete(socket)));
});

server.on("listening", () => {
  const { address, port } = server.address();
  console.log(`${address}:${port}`);
});
