// Loaded before the gateway by the scripts: a parent that is killed can no longer tell its child to end.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
