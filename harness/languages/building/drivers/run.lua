-- Runs program.lua, which has its test behind it, and says the nonce where the test came to its end. Nonce and source are
-- read, and the files gone, before the first statement of the program. The test has the globals of all, whatever the
-- program has put in their place. `debug` keeps what looks into no function.
local error, exit, open, pcall, rawequal = error, os.exit, io.open, pcall, rawequal
local ipairs, next, pairs, rawget, whole = ipairs, next, pairs, rawget, _G
local sort, tostring, type, find = table.sort, tostring, type, string.find

local function take(path, other)
  local file = open(path, "rb") or io.popen(other)
  local text = file:read("a")
  file:close()
  return text
end

local nonce = take("/proc/self/fd/3", "cat <&3")
local source = take("program.lua")
local judge = open("/proc/self/fd/4", "wb") or io.popen("cat >&4", "w")
os.remove("program.lua")
os.remove("run.lua")
debug = { traceback = debug.traceback, getinfo = debug.getinfo }
package.loaded.debug = debug

local function equal(left, right)
  if type(left) ~= "table" or type(right) ~= "table" then return left == right end
  if rawequal(left, right) then return true end
  -- what a table of the program's own says of itself does not count
  for key, value in next, left do
    if not equal(value, rawget(right, key)) then return false end
  end
  for key in next, right do
    if rawget(left, key) == nil then return false end
  end
  return true
end

local function shown(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for key, item in pairs(value) do
    if #parts == 20 then break end
    parts[#parts + 1] = tostring(key) .. "=" .. tostring(item)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function unit()
  local lu, running = { LuaUnit = {} }, false
  function lu.assertEquals(given, wanted)
    if not equal(given, wanted) then error("expected: " .. shown(wanted) .. ", actual: " .. shown(given), 2) end
  end
  lu.assert_equals = lu.assertEquals
  function lu.assertNotEquals(given, other)
    if equal(given, other) then error("expected: another, actual: " .. shown(given), 2) end
  end
  function lu.assertAlmostEquals(given, wanted, margin)
    if math.abs(given - wanted) > (margin or 1e-12) then error("expected: " .. wanted .. ", actual: " .. given, 2) end
  end
  function lu.assertTrue(given) lu.assertEquals(given, true) end
  function lu.assertFalse(given) lu.assertEquals(given, false) end
  function lu.assertNil(given) lu.assertEquals(given, nil) end
  function lu.LuaUnit.run()
    if running then return 1 end
    running = true
    local names, failed = {}, 0
    for name, value in next, whole do
      if type(name) == "string" and find(name, "^[Tt]est") and type(value) == "function" then names[#names + 1] = name end
    end
    sort(names)
    for _, name in ipairs(names) do
      local held, message = pcall(whole[name])
      if not held then
        failed = failed + 1
        io.stderr:write(tostring(message), "\n")
      end
    end
    return #names == 0 and 1 or failed
  end
  return lu
end

local left, ended = {}, false
local function lent()
  ended = true
  local lu
  local own = setmetatable({ exit = function(code) left.code = code error(left) end }, { __index = os })
  return whole, own, function(name)
    if name ~= "luaunit" then return require(name) end
    lu = lu or unit()
    return lu
  end
end
setmetatable(_G, { __metatable = false, __index = function(_, name) if name == "@@OWN@@" then return lent end end })

local chunk, message = load(source, "@program.lua")
local held = chunk ~= nil
if chunk then held, message = pcall(chunk) end
if not held and rawequal(message, left) then
  held = left.code == nil or left.code == true or left.code == 0
  message = ""
end
if not held or not ended then
  io.stderr:write(tostring(message or "the test was not reached"), "\n")
  exit(1)
end
judge:write('{"nonce":"', nonce, '"}\n')
judge:close()
