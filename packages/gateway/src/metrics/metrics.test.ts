import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from './metrics.ts';

let metrics: Metrics;
beforeEach(() => {
  metrics = new Metrics(() => ({
    sockets: 7,
    sessions: 8,
    registeredUsers: 5,
    calls: 2,
    parkedLegs: 1,
  }));
});
afterEach(() => {
  metrics.close();
});

describe('the metrics', () => {
  it('count calls with assistants, and what they cost', async () => {
    const assistant = 'desk';
    const turns = [{ answerMs: 700 }, { answerMs: null }];
    metrics.assistants.ended({
      assistant,
      turns,
      interruptions: 2,
      usage: { input: 90, output: 8 },
    });
    metrics.assistants.ended({ assistant, turns: [], interruptions: 0, failure: 'gone' });
    const text = await metrics.render();
    for (const line of [
      'offhook_assistant_calls_total{assistant="desk",outcome="ok"} 1',
      'offhook_assistant_calls_total{assistant="desk",outcome="engine_failed"} 1',
      'offhook_assistant_answer_seconds_sum{assistant="desk"} 0.7',
      'offhook_assistant_interruptions_total{assistant="desk"} 2',
      'offhook_assistant_tokens_total{assistant="desk",direction="input"} 90',
      'offhook_assistant_tokens_total{assistant="desk",direction="output"} 8',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('count what signalling reports', async () => {
    metrics.socketOpened();
    metrics.socketClosed(1001);
    metrics.frameReceived('invite');
    metrics.frameReceived('invite');
    metrics.login('locked');
    metrics.callStarted('user');
    metrics.callEnded('NORMAL_CLEARING', 42);
    metrics.violation('rate');
    metrics.inviteHandled(3);
    const text = await metrics.render();
    for (const line of [
      'offhook_sockets 7',
      'offhook_parked_legs 1',
      'offhook_sockets_opened_total 1',
      'offhook_sockets_closed_total{code="1001"} 1',
      'offhook_frames_received_total{method="invite"} 2',
      'offhook_logins_total{outcome="locked"} 1',
      'offhook_calls_started_total{route="user"} 1',
      'offhook_calls_ended_total{cause="NORMAL_CLEARING"} 1',
      'offhook_call_duration_seconds_sum 42',
      'offhook_violations_total{kind="rate"} 1',
      'offhook_invite_handling_seconds_sum 0.003',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/process_resident_memory_bytes \d+/);
  });

  it('make no series of what a client invents', async () => {
    for (let i = 0; i < 1000; i += 1) {
      metrics.frameReceived(`evil"}${String(i)}`);
      metrics.socketClosed(20_000 + i);
    }
    const text = await metrics.render();
    expect(text).toContain('offhook_frames_received_total{method="other"} 1000');
    expect(text).toContain('offhook_sockets_closed_total{code="other"} 1000');
    expect(text).not.toContain('evil');
  });

  it('of two gateways in one process are apart', async () => {
    const other = new Metrics(() => ({
      sockets: 0,
      sessions: 0,
      registeredUsers: 0,
      calls: 0,
      parkedLegs: 0,
    }));
    metrics.socketOpened();
    expect(await other.render()).toContain('offhook_sockets_opened_total 0');
    other.close();
  });
});
