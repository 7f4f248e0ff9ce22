; NSIS: an installer for one user, without administrator's rights, from the bundle that build_bundle.py made on Windows.
; Not run by those who wrote it: they had no Windows at hand.   makensis /DVERSION=0.1.0 packaging\windows.nsi
Unicode true
!include "MUI2.nsh"
Name "DashcamCleaner ${VERSION}"
OutFile "..\dist\dashcamcleaner-${VERSION}-setup.exe"
InstallDir "$LOCALAPPDATA\Programs\DashcamCleaner"
RequestExecutionLevel user
SetCompressor /SOLID lzma
!insertmacro MUI_PAGE_LICENSE "..\LICENSE"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

Section
  SetOutPath "$INSTDIR"
  File /r "..\build\bundle\dist\dashcamcleaner\*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\DashcamCleaner.lnk" "$INSTDIR\dashcamcleaner.exe" "window"
  WriteRegStr HKCU "Software\Classes\SystemFileAssociations\video\shell\DashcamCleaner" "" "Clean with DashcamCleaner"
  WriteRegStr HKCU "Software\Classes\SystemFileAssociations\video\shell\DashcamCleaner\command" "" '"$INSTDIR\dashcamcleaner.exe" window "%1"'
  WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\Uninstall\DashcamCleaner" "DisplayName" "DashcamCleaner"
  WriteRegStr HKCU "Software\Microsoft\Windows\CurrentVersion\Uninstall\DashcamCleaner" "UninstallString" '"$INSTDIR\uninstall.exe"'
SectionEnd

Section "Uninstall"
  RMDir /r "$INSTDIR"
  Delete "$SMPROGRAMS\DashcamCleaner.lnk"
  DeleteRegKey HKCU "Software\Classes\SystemFileAssociations\video\shell\DashcamCleaner"
  DeleteRegKey HKCU "Software\Microsoft\Windows\CurrentVersion\Uninstall\DashcamCleaner"
SectionEnd
