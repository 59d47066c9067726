autoload -U +X bashcompinit && bashcompinit
_tcpclient() {
  local word="${COMP_WORDS[COMP_CWORD]}"
  case "${COMP_WORDS[COMP_CWORD-1]}" in
    --errors) COMPREPLY=($(compgen -W 'stdout stderr' -- "$word")); return ;;
    --arithmetic) COMPREPLY=($(compgen -W 'safe int32' -- "$word")); return ;;
    --terminator) COMPREPLY=($(compgen -W 'none nul lf crlf' -- "$word")); return ;;
  esac
  COMPREPLY=($(compgen -W '--help --version --completion --4 --6 --timeout --wait --until-gone --also --retry --count --interval --json --nagios --quiet --verbose --errors --arithmetic --terminator --strict --quiet-time --prefix-time' -- "$word"))
}
complete -F _tcpclient tcpclient
