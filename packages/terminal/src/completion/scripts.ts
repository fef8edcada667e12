export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type Shell = (typeof shells)[number];

// bash takes '=' and ':' for the ends of words, so words are read from the line, and what stands
// before the last of those is left out of the answer.
const bash = (program: string) => `# Completion of ${program} for bash.
# For all sessions:  ${program} completion bash > ~/.local/share/bash-completion/completions/${program}
_${program}() {
  local line="\${COMP_LINE:0:COMP_POINT}" current='' answer value before wordbreaks
  local -a words
  read -r -a words <<< "$line"
  if [[ "$line" != *[[:space:]] ]] && (( \${#words[@]} > 1 )); then
    current="\${words[\${#words[@]}-1]}"
    unset "words[\${#words[@]}-1]"
  fi
  before=''
  wordbreaks="\${COMP_WORDBREAKS//[^=:]/}"
  if [[ -n "$wordbreaks" && "$current" == *["$wordbreaks"]* ]]; then
    before="\${current%"\${current##*["$wordbreaks"]}"}"
  fi
  COMPREPLY=()
  while IFS= read -r answer; do
    value="\${answer%%$'\\t'*}"
    case "$value" in
      :files) compopt -o default 2>/dev/null ;;
      :folders) compopt -o dirnames 2>/dev/null ;;
      *) COMPREPLY+=("\${value#"$before"}") ;;
    esac
  done < <("\${words[0]}" __complete "--current=$current" -- "\${words[@]:1}" 2>/dev/null)
  if (( \${#COMPREPLY[@]} == 1 )) && [[ "\${COMPREPLY[0]}" == *[=/] ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _${program} ${program}
`;

const zsh = (program: string) => `#compdef ${program}
# Completion of ${program} for zsh.
# For all sessions, in a folder of your $fpath:  ${program} completion zsh > ~/.zfunc/_${program}
_${program}() {
  local answer value description
  local -a candidates
  local files='' folders=''
  while IFS= read -r answer; do
    value="\${answer%%$'\\t'*}"
    case "$value" in
      :files) files=1 ;;
      :folders) folders=1 ;;
      *)
        description=''
        [[ "$answer" == *$'\\t'* ]] && description="\${answer#*$'\\t'}"
        candidates+=("\${value//:/\\\\:}\${description:+:$description}")
        ;;
    esac
  done < <("\${words[1]}" __complete "--current=\${(Q)words[CURRENT]}" -- "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null)
  (( \${#candidates} )) && _describe -V '${program}' candidates
  [[ -n "$files" ]] && _files
  [[ -n "$folders" ]] && _files -/
  return 0
}
if [[ "\${funcstack[1]}" == _${program} ]]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`;

const fish = (program: string) => `# Completion of ${program} for fish.
# For all sessions:  ${program} completion fish > ~/.config/fish/completions/${program}.fish
function __${program}_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for answer in ($words[1] __complete "--current=$current" -- $words[2..-1] 2>/dev/null)
        switch $answer
            case ':files'
                __fish_complete_path $current
            case ':folders'
                __fish_complete_directories $current
            case '*'
                echo $answer
        end
    end
end
complete -c ${program} -f -k -a '(__${program}_complete)'
`;

const powershell = (program: string) => `# Completion of ${program} for PowerShell.
# For all sessions, add to your profile:  ${program} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName ${program} -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or ($wordToComplete -eq '' -and $_.Extent.EndOffset -le $cursorPosition) } |
        ForEach-Object { $_.Extent.Text.Trim("'", '"') })
    $before = @($words | Select-Object -Skip 1)
    & $words[0] __complete "--current=$wordToComplete" -- @before 2>$null | ForEach-Object {
        $value, $description = $_ -split "\`t", 2
        if ($value -eq ':files' -or $value -eq ':folders') {
            Get-ChildItem -Path "$wordToComplete*" -Directory:($value -eq ':folders') -ErrorAction SilentlyContinue |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_.Name, $_.Name, 'ProviderItem', $_.Name) }
        } else {
            if (-not $description) { $description = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
        }
    }
}
`;

const scripts: Readonly<Record<Shell, (program: string) => string>> = {
  bash,
  zsh,
  fish,
  powershell,
};

/**
 * What makes a shell ask a program for completions: it is called as `PROGRAM __complete
 * --current=WORD -- WORDS…`, and prints a candidate a line, or `:files` or `:folders`.
 *
 * @param program - its name, a word of letters
 */
export const completionScript = (shell: Shell, program: string): string => scripts[shell](program);
