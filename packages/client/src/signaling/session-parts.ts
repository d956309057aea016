import type { SocketCloseEvent } from '../events.ts';
import type { Happening, SignalingContext, Tell } from './context.ts';
import { Gateway } from './gateway.ts';
import { Health } from './health.ts';
import { Inbound } from './inbound.ts';
import { Line } from './line.ts';
import { SessionMemory } from './memory.ts';
import { PageWatch } from './page-watch.ts';
import { Place } from './place.ts';
import { Reconnect } from './reconnect.ts';
import { Registration } from './registration.ts';
import { SignIn } from './sign-in.ts';

/** The parts of a session, introduced to one another. What they tell is judged by {@link Session}. */
export abstract class SessionParts {
  readonly gateway: Gateway;
  readonly health: Health;
  readonly memory: SessionMemory;
  readonly reconnect: Reconnect;
  readonly place: Place;
  protected readonly context: SignalingContext;
  protected readonly signIn: SignIn;
  protected readonly registration: Registration;
  protected readonly page: PageWatch;
  readonly line: Line;

  constructor(context: SignalingContext) {
    const tell: Tell = (happening) => {
      this.on(happening);
    };
    this.context = context;
    const memory = (this.memory = new SessionMemory(context.platform));
    const gateway = (this.gateway = new Gateway(context, memory, {
      settled: (signal) => this.settled(signal),
      onAuthenticationRequired: (error) => {
        this.onAuthenticationRequired(error);
      },
      health: () => this.health,
      renew: () => {
        this.renew();
      },
    }));
    const health = (this.health = new Health(context, gateway, tell));
    const registration = (this.registration = new Registration(context, gateway, tell));
    const inbound = new Inbound(context, { gateway, memory, health, registration, tell });
    const place = (this.place = new Place(context, memory));
    const signIn = (this.signIn = new SignIn(context, gateway, memory, place, tell));
    const line = (this.line = new Line(
      context,
      { gateway, memory, health, signIn, place },
      {
        onOpen: (event) => {
          this.onOpen(event);
        },
        onText: (text) => {
          inbound.take(text);
        },
        onError: (error) => {
          const socketGeneration = line.generation;
          context.error(45002, new Error('WebSocket error'));
          const { sessionId } = memory;
          context.emit('telnyx.socket.error', { error, sessionId, socketGeneration });
        },
        onClosed: (event) => {
          this.onClosed(event);
        },
      },
    ));
    this.page = new PageWatch(context, memory, place, tell);
    this.reconnect = new Reconnect(context);
  }

  /** Counts the sockets. */
  get generation(): number {
    return this.line.generation;
  }

  /** There is a call. */
  prepare(): void {
    this.line.prepare();
  }

  /** Closes only the socket; the session reconnects. */
  dropSocket(): void {
    this.line.close();
  }

  /** See {@link SignalingPort.renew}. */
  abstract renew(): void;
  protected abstract on(happening: Happening): void;
  protected abstract onOpen(event: Event): void;
  protected abstract onClosed(event: SocketCloseEvent): void;
  protected abstract settled(signal?: AbortSignal): Promise<void>;
  protected abstract onAuthenticationRequired(error: unknown): void;
}
