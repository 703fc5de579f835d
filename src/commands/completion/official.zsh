functions[_@NAME@_ours]=$functions[_@NAME@]

# Offers what the official kumactl offers, which this program asks with `__complete`.
_@NAME@_official() {
    local line name directive=0
    local -a found
    for line in "${(@f)$(command ${words[1]} __complete "${(@Q)words[2,CURRENT]}" 2> /dev/null)}"; do
        name=${line%%$'\t'*}
        case $line in
            :[0-9]*) directive=${line#:} ;;
            '') ;;
            *) [[ $name == ($~1) ]] || found+=("${name//:/\\:}${line[$#name+1,-1]/$'\t'/:}") ;;
        esac
    done
    [[ $PREFIX != -*=* ]] || compset -P '*='
    if (( $#found )); then
        _describe -t official 'official kumactl' found
    elif (( ! (directive & 4) )); then
        _files
    fi
}

_@NAME@() {
    local ours='' verb noun
    local -a plain
    plain=(${${(@)words[2,CURRENT-1]}:#-*})
    verb=$plain[1] noun=$plain[2]
    case $verb in
        '') ours='@VERBS@' ;;
        generate) ours='@GENERATE@' ;;
        inspect) ours='@INSPECT@' ;;
        @VERBS@) _@NAME@_ours "$@"; return ;;
        *) _@NAME@_official ''; return ;;
    esac
    if [[ -n $verb && -n $noun ]]; then
        if [[ $noun == ($~ours) ]]; then _@NAME@_ours "$@"; else _@NAME@_official ''; fi
    elif [[ $PREFIX == -* ]]; then
        _@NAME@_ours "$@"
    else
        local ret=1
        _@NAME@_official "$ours" && ret=0
        _@NAME@_ours "$@" && ret=0
        return ret
    fi
}

