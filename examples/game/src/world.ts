/** The rules of the game, without time and without network: the same steering gives the same game. */

/** The side of the square world. */
export const SIZE = 1000;
/** How far a player gets in a tick. */
const SPEED = 6;

interface Player {
  x: number;
  y: number;
  /** Radians. */
  direction: number;
}

/** Players by session id, for the router vouches for that. */
export class World {
  readonly #players = new Map<number, Player>();

  get population(): number {
    return this.#players.size;
  }

  join(id: number): void {
    // Spread over the world by the golden angle.
    const direction = this.#players.size * 2.39996;
    this.#players.set(id, { x: SIZE / 2, y: SIZE / 2, direction });
  }

  leave(id: number): void {
    this.#players.delete(id);
  }

  /** @returns whether there is such a player */
  steer(id: number, direction: number): boolean {
    const player = this.#players.get(id);
    if (player !== undefined) player.direction = direction;
    return player !== undefined;
  }

  /** One tick: everybody moves, and walls reflect. */
  step(): void {
    for (const player of this.#players.values()) {
      const x = player.x + SPEED * Math.cos(player.direction);
      const y = player.y + SPEED * Math.sin(player.direction);
      if (x < 0 || x > SIZE) player.direction = Math.PI - player.direction;
      else player.x = x;
      if (y < 0 || y > SIZE) player.direction = -player.direction;
      else player.y = y;
    }
  }

  /** Id, x and y of each player, one after the other. */
  snapshot(): number[] {
    return [...this.#players].flatMap(([id, { x, y }]) => [id, Math.round(x), Math.round(y)]);
  }
}
