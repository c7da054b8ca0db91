-- Photos in turn, each as a multipart form: wrk -t1 -s predict.lua URL -- FOLDER CONNECTIONS [timing]
-- Prints one line of JSON. Its good_per_s counts from the answer after as many as there are connections: before that a
-- server that first reads every upload has answered nothing yet, though it has worked.
-- With "timing" it also adds up what Server-Timing and X-Response-Time say.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long ns; } time_of_clock; int clock_gettime(int, time_of_clock *);")
local clock, monotonic = ffi.new("time_of_clock[1]"), 1
local requests, turn, timing, ramp = {}, 0, false, 1
parts = {decode = 0, queue = 0, infer = 0, total = 0}
answers, ramp_end_s, last_s = 0, 0, 0

local function now_s()
   ffi.C.clock_gettime(monotonic, clock)
   return tonumber(clock[0].s) + tonumber(clock[0].ns) / 1e9
end

local function read(path)
   local file = assert(io.open(path, "rb"))
   local bytes = file:read("*a")
   file:close()
   return bytes
end

function setup(thread)
   threads = threads or {}
   table.insert(threads, thread)
end

function init(args)
   ramp = tonumber(args[2])
   connections = ramp
   timing = args[3] == "timing"
   local names = io.popen('ls "' .. args[1] .. '"')
   for name in names:lines() do
      local body = '--boundary\r\nContent-Disposition: form-data; name="file"; filename="' .. name ..
         '"\r\nContent-Type: image/jpeg\r\n\r\n' .. read(args[1] .. "/" .. name) .. "\r\n--boundary--\r\n"
      local headers = {["Content-Type"] = "multipart/form-data; boundary=boundary"}
      table.insert(requests, wrk.format("POST", wrk.path, headers, body))
   end
   names:close()
   assert(#requests > 0, "no photos in " .. args[1])
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function response(status, headers, body)
   if status ~= 200 then return end
   answers = answers + 1
   last_s = now_s()
   if answers == ramp then ramp_end_s = last_s end
   if not timing then return end
   local fields = {}
   for name, value in pairs(headers) do fields[name:lower()] = value end
   for name, value in (fields["server-timing"] or ""):gmatch("(%w+);dur=([%d.]+)") do
      if parts[name] then parts[name] = parts[name] + tonumber(value) end
   end
   parts.total = parts.total + tonumber((fields["x-response-time"] or "0"):match("[%d.]+"))
end

function done(summary, latency, each)
   local out = string.format(
      '{"requests": %d, "seconds": %.6f, "bytes": %d, "p50_ms": %.3f, "p90_ms": %.3f, "p99_ms": %.3f, ' ..
      '"mean_ms": %.3f, "max_ms": %.3f, "failed": %d, "lost": %d',
      summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3,
      latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.mean / 1e3, latency.max / 1e3,
      summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write +
      summary.errors.timeout)
   local thread = threads[1]
   local ramp = thread:get("connections")
   local count = thread:get("answers")
   local window_s = thread:get("last_s") - thread:get("ramp_end_s")
   -- Too short a run for that: all there was, in all the time.
   local rate = count / (summary.duration / 1e6)
   if count > ramp and window_s > 0 then rate = (count - ramp) / window_s end
   out = out .. string.format(', "good_per_s": %.4f', rate)
   local sums = thread:get("parts")
   if count > 0 and sums.total > 0 then
      out = out .. string.format(', "timing": {"decode": %.4f, "queue": %.4f, "infer": %.4f, "total": %.4f}',
         sums.decode / count, sums.queue / count, sums.infer / count, sums.total / count)
   end
   io.write(out, "}\n")
end
