#!/bin/sh
# A disk image for macOS from the bundle that build_bundle.py made there. Not run by those who wrote it: they had no Mac at hand.
#   sh packaging/macos-dmg.sh 0.1.0
set -eu
cd "$(dirname "$0")/.."
app="build/bundle/DashcamCleaner.app"
rm -rf "$app"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
cp -R build/bundle/dist/dashcamcleaner/. "$app/Contents/MacOS/"
cat > "$app/Contents/Info.plist" <<PLIST
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>CFBundleName</key><string>DashcamCleaner</string>
<key>CFBundleIdentifier</key><string>local.dashcamcleaner</string>
<key>CFBundleExecutable</key><string>dashcamcleaner</string>
<key>CFBundleShortVersionString</key><string>$1</string>
<key>NSHighResolutionCapable</key><true/>
</dict></plist>
PLIST
codesign --force --deep --sign - "$app"
hdiutil create -volname DashcamCleaner -srcfolder "$app" -ov -format UDZO "dist/dashcamcleaner-$1.dmg"
