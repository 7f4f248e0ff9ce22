; NSIS: an installer for one user, without administrator's rights, from the bundle that build_bundle.py made on Windows.
; Compiled on Linux over a stand-in of the bundle; what it installs was not run by those who wrote it, who had no Windows at hand.
;   makensis /DVERSION=0.1.0 packaging\windows.nsi            (/DBUNDLE=FOLDER: another bundle than that of build_bundle.py)
Unicode true
!ifndef VERSION
  !error "Say which version: makensis /DVERSION=0.1.0 packaging\windows.nsi"
!endif
!ifndef BUNDLE
  !define BUNDLE "..\build\bundle\dist\dashcamcleaner"
!endif
!define PROGRAM "dashcamcleaner-window.exe"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\DashcamCleaner"
!define MENU "shell\DashcamCleaner"
!include "MUI2.nsh"
!include "FileFunc.nsh"
Name "DashcamCleaner ${VERSION}"
OutFile "..\dist\dashcamcleaner-${VERSION}-setup.exe"
InstallDir "$LOCALAPPDATA\Programs\DashcamCleaner"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
RequestExecutionLevel user
SetCompressor /SOLID lzma
!insertmacro MUI_PAGE_LICENSE "..\LICENSE"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
LangString CLEAN_WITH ${LANG_ENGLISH} "Clean with DashcamCleaner"
LangString CLEAN_WITH ${LANG_GERMAN} "Mit DashcamCleaner bereinigen"

!macro CLEAN_MENU KIND
  WriteRegStr HKCU "Software\Classes\${KIND}\${MENU}" "" "$(CLEAN_WITH)"
  WriteRegStr HKCU "Software\Classes\${KIND}\${MENU}" "Icon" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKCU "Software\Classes\${KIND}\${MENU}\command" "" '"$INSTDIR\${PROGRAM}" window "%1"'
!macroend

!macro OPEN_WITH ENDING
  WriteRegStr HKCU "Software\Classes\Applications\${PROGRAM}\SupportedTypes" "${ENDING}" ""
!macroend

Section
  RMDir /r "$INSTDIR\_internal"  ; of an older version: a file that is gone must not stay
  SetOutPath "$INSTDIR"
  File /r "${BUNDLE}\*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\DashcamCleaner.lnk" "$INSTDIR\${PROGRAM}" "window"
  !insertmacro CLEAN_MENU "SystemFileAssociations\video"
  !insertmacro CLEAN_MENU "SystemFileAssociations\image"
  !insertmacro CLEAN_MENU "Directory"
  WriteRegStr HKCU "Software\Classes\Applications\${PROGRAM}" "FriendlyAppName" "DashcamCleaner"
  WriteRegStr HKCU "Software\Classes\Applications\${PROGRAM}\shell\open\command" "" '"$INSTDIR\${PROGRAM}" window "%1"'
  !insertmacro OPEN_WITH ".mp4"
  !insertmacro OPEN_WITH ".mov"
  !insertmacro OPEN_WITH ".mkv"
  !insertmacro OPEN_WITH ".avi"
  !insertmacro OPEN_WITH ".webm"
  !insertmacro OPEN_WITH ".ts"
  !insertmacro OPEN_WITH ".jpg"
  !insertmacro OPEN_WITH ".png"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "DashcamCleaner"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" "$0"
SectionEnd

; Only what was installed goes: the folder may have been chosen by hand, and hold other things.
Section "Uninstall"
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\dashcamcleaner.exe"
  Delete "$INSTDIR\${PROGRAM}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\DashcamCleaner.lnk"
  DeleteRegKey HKCU "Software\Classes\SystemFileAssociations\video\${MENU}"
  DeleteRegKey HKCU "Software\Classes\SystemFileAssociations\image\${MENU}"
  DeleteRegKey HKCU "Software\Classes\Directory\${MENU}"
  DeleteRegKey HKCU "Software\Classes\Applications\${PROGRAM}"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
