
# Whether the official kumactl is to be asked: for a verb or noun that is not complete, or is not ours.
function __fish_@ID@_is_official
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -ge 2; or return 0
    switch $words[2]
        case generate
            not contains -- "$words[3]" @GENERATE@
        case inspect
            not contains -- "$words[3]" @INSPECT@
        case @VERBS@
            return 1
    end
end

# Prints what the official kumactl offers, which this program asks with `__complete`.
function __fish_@ID@_official
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l plain (string match -v -- '-*' $words)
    set -l ours
    switch (count $plain)
        case 1
            set ours @VERBS@
        case 2
            test $plain[2] = generate; and set ours @GENERATE@
            test $plain[2] = inspect; and set ours @INSPECT@
    end
    set -l prefix (string match -r -- '^-[^=]*=' $current)
    set -l directive 0
    set -l count 0
    for line in (command $words[1] __complete $words[2..-1] "$current" 2> /dev/null)
        if string match -qr '^:[0-9]' -- $line
            set directive (string sub -s 2 -- $line)
        else if not contains -- (string split -m 1 \t -- $line)[1] $ours
            set count (math $count + 1)
            string join '' -- $prefix $line
        end
    end
    if test $count -eq 0; and test (math "floor($directive / 4) % 2") -eq 0; and test (count $plain) -gt 1
        __fish_complete_path $current
    end
end
complete -c @NAME@ -n __fish_@ID@_is_official -f -a '(__fish_@ID@_official)'
