-- wrk script that repeats the command's own request and prints one line of JSON.
function done(summary, latency)
   io.write(string.format(
      '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d, "lost": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write +
      summary.errors.timeout))
end
