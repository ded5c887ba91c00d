# Runs program.exs, which has its test behind it, and says the nonce where the last line of both was reached and every
# test of ExUnit held. Nonce and source are read, and the files gone, before the program is compiled.
(fn ->
  nonce = File.read!("/proc/self/fd/3")
  source = File.read!("program.exs")
  File.rm!("program.exs")
  File.rm!("run.exs")
  Code.put_compiler_option(:ignore_module_conflict, true)

  try do
    {reached, _} = Code.eval_string(source, [], file: "program.exs")
    if reached != :@@OWN@@, do: raise("the test was not reached")

    if Process.whereis(ExUnit.Server) do
      Application.put_env(:ex_unit, :autorun, false)
      %{failures: failures, total: total} = ExUnit.run()
      if failures > 0, do: raise("Assertion failed: #{failures} of #{total} tests")
      if total == 0, do: raise("no test was run")
    end

    File.write!("/proc/self/fd/4", ["{\"nonce\":\"", nonce, "\"}\n"])
  rescue
    error ->
      IO.puts(:stderr, Exception.format_banner(:error, error))
      System.halt(1)
  end
end).()
