# Runs program.jl, which has its test behind it, in Main, and says the nonce where the last line of both was reached. Nonce
# and source are read, and the files gone, before the first statement of the program.
let
    nonce = read("/proc/self/fd/3", String)
    source = read("program.jl", String)
    rm("program.jl")
    rm("run.jl")
    reached = include_string(Main, source, "program.jl")
    reached == "@@OWN@@" || error("the test was not reached")
    open(judge -> write(judge, "{\"nonce\":\"", nonce, "\"}\n"), "/proc/self/fd/4", "w")
end
