"""A real RTSP server, run by the system's Python (GStreamer's bindings are no package of PyPI): ``PORT FILE``.

It gives a face of the made scene (the colour of ``live_scene.FACE``) on its ground at ``/live``, 20 pictures a second,
with a tone; and takes a stream at ``/in``, whose H.264 goes into the file.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  # the versions come first

SCENE = (
    "( compositor name=mix background=black sink_1::xpos=40 sink_1::ypos=30 "
    "! video/x-raw,format=I420,width=160,height=96,framerate=20/1 ! openh264enc gop-size=10 complexity=low "
    "! h264parse config-interval=1 ! rtph264pay name=pay0 pt=96 "
    "videotestsrc is-live=true pattern=solid-color foreground-color=0xff465a46 "
    "! video/x-raw,width=160,height=96,framerate=20/1 ! mix.sink_0 "
    "videotestsrc is-live=true pattern=solid-color foreground-color=0xfffa1ec8 "
    "! video/x-raw,width=24,height=24,framerate=20/1 ! mix.sink_1 "
    "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=97 )"
)
TAKER = (
    "( rtph264depay name=depay0 ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream "
    "! filesink location={} buffer-mode=unbuffered )"
)


def main() -> None:
    """Serve until killed."""
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    factory.set_launch(SCENE)
    server.get_mount_points().add_factory("/live", factory)
    taking = GstRtspServer.RTSPMediaFactory()
    taking.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    taking.set_launch(TAKER.format(sys.argv[2]))
    server.get_mount_points().add_factory("/in", taking)
    server.attach(None)
    GLib.MainLoop().run()


main()
