
# Sets COMPREPLY to what the official kumactl offers, which this program asks with `__complete`.
_@ID@_official() {
    local name="$1" word value line directive=0
    local -a words=()
    # Bash splits words at `=` and `:`.
    local joins=""
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ ${#words[@]} -gt 0 && ( -n "$joins" || "$word" == [=:] ) ]]; then
            words[${#words[@]}-1]+="$word"
        else
            words+=("$word")
        fi
        [[ "$word" == [=:] ]] && joins=yes || joins=""
    done
    value="${COMP_WORDS[COMP_CWORD]}"
    [[ "$value" == [=:] ]] && value=""
    while IFS= read -r line; do
        if [[ "$line" == :[0-9]* ]]; then
            directive="${line#:}"
            break
        fi
        line="${line%%$'\t'*}"
        if [[ "$line" == "$value"* && " ${COMPREPLY[*]-} " != *" $line "* ]]; then
            COMPREPLY+=("$line")
        fi
    done < <(command "$name" __complete "${words[@]}" 2> /dev/null)
    if ((directive & 2)); then
        compopt -o nospace 2> /dev/null
    fi
    if ((directive & 4)); then
        compopt +o default +o bashdefault 2> /dev/null
    fi
}

_@ID@_complete() {
    local word verb="" noun=""
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$word" in
            -*) ;;
            *) if [[ -z "$verb" ]]; then verb="$word"; elif [[ -z "$noun" ]]; then noun="$word"; fi ;;
        esac
    done
    COMPREPLY=()
    local whose=official
    case "$verb" in
        "") whose=both ;;
        generate) case "$noun" in "") whose=both ;; @GENERATE@) whose=ours ;; esac ;;
        inspect) case "$noun" in "") whose=both ;; @INSPECT@) whose=ours ;; esac ;;
        @VERBS@) whose=ours ;;
    esac
    [[ "$whose" == both && "$2" == -* ]] && whose=ours
    [[ "$whose" == official ]] || _@ID@_words "$@"
    [[ "$whose" == ours ]] || _@ID@_official "$1"
}
complete -F _@ID@_complete -o bashdefault -o default @NAME@
