-- wrk script for requests that need no model: wrk -t2 -c64 -d10s -s bench/wrk/health.lua http://127.0.0.1:8000
function request()
  return wrk.format("GET", "/health")
end

function done(summary, latency)
  io.write(string.format("requests/s: %.0f, median %.3f ms, p99 %.3f ms, errors %d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
