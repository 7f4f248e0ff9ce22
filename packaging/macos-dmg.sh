#!/bin/sh
# A disk image for macOS from the app that build_bundle.py made there. Not run by those who wrote it: they had no Mac at hand.
#   sh packaging/macos-dmg.sh 0.1.0
set -eu
version="${1:?say which version: sh packaging/macos-dmg.sh 0.1.0}"
cd "$(dirname "$0")/.."
app="build/bundle/dist/DashcamCleaner.app"
test -d "$app" || { echo "There is no $app; run packaging/build_bundle.py first." >&2; exit 1; }
image="build/bundle/image"
rm -rf "$image"
mkdir -p "$image" dist
cp -R "$app" "$image/"  # with its links, which hold the app together
ln -s /Applications "$image/Applications"
codesign --verify --deep "$image/DashcamCleaner.app"
hdiutil create -volname "DashcamCleaner $version" -srcfolder "$image" -ov -format UDZO "dist/dashcamcleaner-$version.dmg"
rm -rf "$image"
