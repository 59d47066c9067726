_tcpserver() {
  local word="${COMP_WORDS[COMP_CWORD]}"
  case "${COMP_WORDS[COMP_CWORD-1]}" in
    --strategy) COMPREPLY=($(compgen -W 'sequential threads events' -- "$word")); return ;;
    --transport) COMPREPLY=($(compgen -W 'auto node linux' -- "$word")); return ;;
    --on-output-blocked) COMPREPLY=($(compgen -W 'wait drop stop' -- "$word")); return ;;
    --errors) COMPREPLY=($(compgen -W 'stdout stderr' -- "$word")); return ;;
    --arithmetic) COMPREPLY=($(compgen -W 'safe int32' -- "$word")); return ;;
    --terminator) COMPREPLY=($(compgen -W 'none nul lf crlf' -- "$word")); return ;;
  esac
  COMPREPLY=($(compgen -W '--help --version --completion --host --strategy --threads --at-once --transport --timeout --max-connections --grace --on-output-blocked --json --quiet --verbose --errors --arithmetic --terminator --strict --quiet-time --prefix-time --metrics --proxy-protocol --peer-connections --peer-rate --reuse-port --lame-duck' -- "$word"))
}
complete -F _tcpserver tcpserver
