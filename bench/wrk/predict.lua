-- Images in turn, each as a form:
--   wrk -t2 -c16 -d10s --latency -s bench/wrk/predict.lua http://127.0.0.1:8000 -- photos/*.jpg
-- Without names the sample star. Answers other than 200 are counted by status at the end.
local boundary = "----wrk-simple-model-api"
local requests = {}
local next_request = 0
local threads = {}

local function read(name)
  local file = assert(io.open(name, "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

local function form(name)
  return "--" .. boundary .. '\r\nContent-Disposition: form-data; name="file"; filename="' .. name:match("[^/]+$") ..
    '"\r\nContent-Type: application/octet-stream\r\n\r\n' .. read(name) .. "\r\n--" .. boundary .. "--\r\n"
end

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function init(args)
  if #args == 0 then args = { "conf/demo/samples/star-1.jpg" } end
  local headers = { ["Content-Type"] = "multipart/form-data; boundary=" .. boundary }
  for _, name in ipairs(args) do
    table.insert(requests, wrk.format("POST", "/predict", headers, form(name)))
  end
  -- Threads begin at different images.
  next_request = id * 7 % #requests
  statuses = {}
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
  local all = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do all[status] = (all[status] or 0) + count end
  end
  for status, count in pairs(all) do io.write(string.format("status %d: %d\n", status, count)) end
  io.write(string.format("images/s with 200: %.1f, median %.1f ms, p99 %.1f ms\n",
    (all[200] or 0) / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
