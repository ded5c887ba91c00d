# Starts a shell of its own for program.sh, which then runs the test and says at its end a word that only this shell has
# made. The nonce never enters that shell, nor do its pipe and the judge's.
IFS= read -r -d '' -u 3 nonce
exec 3<&- 8>&1
IFS= read -r -d '' test <test.sh
printf -v word '%04x' $RANDOM $RANDOM $RANDOM $RANDOM $RANDOM $RANDOM
IFS= read -r -d '' program <program.sh
rm -f test.sh run.sh program.sh
printf '%s\n%s\n' "$program" 'eval "$(cat <&6)" 6<&-' >program.sh
said=$(exec "$BASH" program.sh 6< <(exec 4<&- 7>&-; printf '%s\nprintf %%s %s >&7\n' "$test" "$word") 7>&1 1>&8 4<&- 8>&-)
status=$?
[[ $status == 0 && $said == "$word" ]] && printf '{"nonce":"%s"}\n' "$nonce" >&4
exit "$status"
