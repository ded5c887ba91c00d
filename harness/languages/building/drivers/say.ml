(* Reads the nonce before the program's first definition, and says it where the module behind the program asks. *)
let nonce =
  let pipe = Unix.in_channel_of_descr (Obj.magic 3 : Unix.file_descr) in
  let read = Buffer.create 64 in
  (try while true do Buffer.add_channel read pipe 1 done with End_of_file -> ());
  close_in pipe;
  Buffer.contents read

let judge = Unix.out_channel_of_descr (Obj.magic 4 : Unix.file_descr)

let say () =
  output_string judge ("{\"nonce\":\"" ^ nonce ^ "\"}\n");
  close_out judge
