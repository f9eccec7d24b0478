# Installs assetctl from this folder alone, without a network: .\install.ps1 [-Target FOLDER] [-Python PROGRAM]
param([string]$Target = "$HOME\assetctl-venv", [string]$Python = "py")
$ErrorActionPreference = "Stop"
foreach ($line in Get-Content "$PSScriptRoot\SHA256SUMS") {
    $digest, $name = $line -split "  ", 2
    $found = (Get-FileHash -Algorithm SHA256 (Join-Path $PSScriptRoot $name)).Hash.ToLower()
    if ($found -ne $digest) { throw "${name}: not the file that was packed" }
}
& $Python -m venv $Target
if ($LASTEXITCODE) { throw "no virtual environment: is Python 3.11 or newer installed?" }
$env:PIP_CONFIG_FILE = "nul"
& "$Target\Scripts\python.exe" -m pip --isolated install --quiet --disable-pip-version-check --no-index `
    -f "$PSScriptRoot\wheels" --only-binary :all: --require-hashes -r "$PSScriptRoot\requirements.txt"
if ($LASTEXITCODE) { throw "installation failed" }
& "$Target\Scripts\assetctl.exe" version
Write-Output "installed: $Target\Scripts\assetctl.exe"
