import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import {
  AssistantSession,
  type AssistantOptions,
  type AssistantSnapshot,
  type ToolArguments,
  type ToolHandler,
  type ToolOptions,
  type ToolSchema,
} from '@offhook/client/ai';
import { useLatest } from '../hooks/use-latest.ts';

/** A tool of the page, see {@link assistantTool}. */
export interface AssistantTool extends ToolOptions {
  readonly name: string;
  readonly schema: ToolSchema;
  readonly handler: ToolHandler<never>;
}

/** A tool whose handler's arguments are typed by its schema. */
export function assistantTool<const S extends ToolSchema>(
  name: string,
  schema: S,
  handler: ToolHandler<ToolArguments<S>>,
  options: ToolOptions = {},
): AssistantTool {
  return { ...options, name, schema, handler };
}

export interface UseAssistantOptions extends AssistantOptions {
  /** Tools that the assistant may use. A run calls the handler of the latest render; another name or schema takes effect at once. */
  readonly tools?: readonly AssistantTool[] | undefined;
}

export interface Assistant extends AssistantSnapshot {
  /** Begins a talk. Never rejects: `status` and `problem` tell. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Says it in writing. Rejects without a talk, and when the gateway does not take it. */
  readonly send: (text: string, images?: readonly string[]) => Promise<void>;
  /** Cuts the assistant off; false when there is nothing to cut off. */
  readonly interrupt: () => boolean;
  readonly toggleMute: () => void;
  /** For its events (`session.on`) and whatever is not above. */
  readonly session: AssistantSession;
}

/**
 * A visitor without an account talks to an assistant. Nothing happens before `start()`; at unmount the talk ends. Options count from the
 * next start on.
 */
export function useAssistant(options: UseAssistantOptions): Assistant {
  const latest = useLatest(options);
  const [session] = useState(() => new AssistantSession(() => latest.current));
  const snapshot = useSyncExternalStore(
    session.subscribe,
    session.getSnapshot,
    session.getSnapshot,
  );
  useEffect(() => () => session.dispose(), [session]);
  useTools(session, options.tools ?? []);
  const actions = useMemo(
    () => ({
      start: () => session.start(),
      stop: () => session.stop(),
      send: (text: string, images?: readonly string[]) => session.send(text, images),
      interrupt: () => session.interrupt(),
      toggleMute: () => session.toggleMute(),
      session,
    }),
    [session],
  );
  return { ...snapshot, ...actions };
}

/** Registers what is named, once a name and schema, whatever new functions a render brings. */
function useTools(session: AssistantSession, tools: readonly AssistantTool[]): void {
  const latest = useLatest(tools);
  const key = JSON.stringify(
    tools.map(({ name, schema, description, parameters, timeoutMs }) => [
      name,
      '~standard' in schema ? null : schema,
      description,
      parameters,
      timeoutMs,
    ]),
  );
  useEffect(() => {
    const undo = latest.current.map(({ name, schema, handler: _, ...options }) =>
      session.tool(
        name,
        schema,
        (args, context) =>
          latest.current.find((tool) => tool.name === name)?.handler(args as never, context),
        options,
      ),
    );
    return () => undo.forEach((stop) => stop());
  }, [session, latest, key]);
}
