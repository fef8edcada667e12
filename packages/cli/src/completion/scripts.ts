export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type Shell = (typeof shells)[number];

// bash takes '=' and ':' for the ends of words, so words are read from the line, and what stands
// before the last of those is left out of the answer.
const bash = `# Completion of skaha for bash.
# For all sessions:  skaha completion bash > ~/.local/share/bash-completion/completions/skaha
_skaha() {
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
complete -F _skaha skaha
`;

const zsh = `#compdef skaha
# Completion of skaha for zsh.
# For all sessions, in a folder of your $fpath:  skaha completion zsh > ~/.zfunc/_skaha
_skaha() {
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
  (( \${#candidates} )) && _describe -V 'skaha' candidates
  [[ -n "$files" ]] && _files
  [[ -n "$folders" ]] && _files -/
  return 0
}
if [[ "\${funcstack[1]}" == _skaha ]]; then
  _skaha "$@"
else
  compdef _skaha skaha
fi
`;

const fish = `# Completion of skaha for fish.
# For all sessions:  skaha completion fish > ~/.config/fish/completions/skaha.fish
function __skaha_complete
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
complete -c skaha -f -k -a '(__skaha_complete)'
`;

const powershell = `# Completion of skaha for PowerShell.
# For all sessions, add to your profile:  skaha completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName skaha -ScriptBlock {
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

/** What makes each shell ask this program for completions. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish, powershell };
