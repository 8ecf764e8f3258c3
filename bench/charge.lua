-- What wrk sends. Its arguments: the first number, how many ids there are, the path, the body ("" for a GET).
-- In path and body, {n} is a number never used before and {id} one of the ids in turn, so that nothing is asked twice.
local number, ids, path, body

function init(arguments)
  number, ids = tonumber(arguments[1]), tonumber(arguments[2])
  path, body = arguments[3], arguments[4] or ""
end

local function filled(text)
  return (text:gsub("{n}", number):gsub("{id}", number % ids + 1))
end

function request()
  number = number + 1
  if body == "" then
    return wrk.format("GET", filled(path))
  end
  return wrk.format("POST", filled(path), nil, filled(body))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "median": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
