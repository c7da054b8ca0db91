-- Photos in turn, each as a multipart form: wrk -s predict.lua URL -- FOLDER [timing]
-- Prints one line of JSON. With "timing" it also adds up what Server-Timing and X-Response-Time say.
local requests, turn, timing = {}, 0, false
parts = {decode = 0, queue = 0, infer = 0, total = 0}
answers = 0

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
   timing = args[2] == "timing"
   if not timing then response = nil end
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
   local fields = {}
   for name, value in pairs(headers) do fields[name:lower()] = value end
   for name, value in (fields["server-timing"] or ""):gmatch("(%w+);dur=([%d.]+)") do
      if parts[name] then parts[name] = parts[name] + tonumber(value) end
   end
   parts.total = parts.total + tonumber((fields["x-response-time"] or "0"):match("[%d.]+"))
   answers = answers + 1
end

function done(summary, latency, each)
   local out = string.format(
      '{"requests": %d, "seconds": %.6f, "bytes": %d, "p50_ms": %.3f, "p90_ms": %.3f, "p99_ms": %.3f, ' ..
      '"mean_ms": %.3f, "max_ms": %.3f, "failed": %d, "lost": %d',
      summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3,
      latency:percentile(90) / 1e3, latency:percentile(99) / 1e3, latency.mean / 1e3, latency.max / 1e3,
      summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write +
      summary.errors.timeout)
   local count, sums = 0, {decode = 0, queue = 0, infer = 0, total = 0}
   for _, thread in ipairs(threads) do
      count = count + thread:get("answers")
      for name, value in pairs(thread:get("parts")) do sums[name] = sums[name] + value end
   end
   if count > 0 then
      out = out .. string.format(', "timing": {"decode": %.4f, "queue": %.4f, "infer": %.4f, "total": %.4f}',
         sums.decode / count, sums.queue / count, sums.infer / count, sums.total / count)
   end
   io.write(out, "}\n")
end
