-- Runs the program's main, and says the nonce where it came to its end. The nonce is read before it begins.
module Main (main) where

import qualified @@OWN@@
import System.IO
import System.Posix.IO (fdToHandle)

main :: IO ()
main = do
  pipe <- fdToHandle 3
  nonce <- hGetContents pipe
  length nonce `seq` hClose pipe
  judge <- fdToHandle 4
  @@OWN@@.main
  hPutStr judge ("{\"nonce\":\"" ++ nonce ++ "\"}\n")
  hClose judge
