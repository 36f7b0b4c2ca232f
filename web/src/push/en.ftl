push-title = Notifications on my devices
push-link = Be notified on my devices
push-settings = A phone or a computer can tell you when something is addressed to you, even while no page is open. You choose when.
push-purpose = When something is addressed to you, your devices can show it even while no page is open. The text is encrypted up to the device: the browser’s notification service cannot read it.
push-this = This device
push-needs-script = To turn notifications on here, this browser must run JavaScript.
push-ready = Notifications are off on this device. The browser will ask for your consent.
push-asking = Turning on…
push-on = Notifications are on on this device.
push-denied = This browser refuses the notifications of this site. To allow them, open the site’s settings (the padlock or the icon left of the address), then Notifications, then Allow, and reload this page.
push-install = On iPhone and iPad, first add the site to the home screen: the Share button, then “Add to Home Screen”. Open it from there, and come back to this page.
push-unsupported = This browser cannot receive notifications, or the site’s address is not https. Try a recent version of Firefox, Edge, Chrome or Safari, outside private browsing.
push-unreachable = This browser could not reach its notification service. Your office’s network may block it: try again later, or from another network.
push-failed = Notifications could not be turned on. Try again in a moment.
push-activate = Turn on for this device
push-devices = My devices
push-none = No device is notified so far.
push-some-browser = A browser
push-current = This one
push-since = Since { $name }
push-remove = Remove
push-remove-of = Remove { $name }
push-test = Send a test
push-test-hint = The test goes to all your devices at once, in quiet hours too.
push-test-arrived = Notifications arrive on this device.
push-test-accepted = { $count ->
    [one] The test is on its way to { $count } device: it shows within a minute if the device is on and connected.
   *[other] The test is on its way to { $count } devices: it shows within a minute if they are on and connected.
}
push-test-gone = { $count ->
    [one] { $count } device takes no notifications any more: it was taken off the list. Turn them on again from that device.
   *[other] { $count } devices take no notifications any more: they were taken off the list. Turn them on again from those devices.
}
push-test-refused = { $count ->
    [one] The notification service of { $count } device refused the test. Remove the device, then turn notifications on again from it.
   *[other] The notification services of { $count } devices refused the test. Remove the devices, then turn notifications on again from them.
}
push-test-unreachable = { $count ->
    [one] The notification service of { $count } device does not answer. Try again later; if this lasts, tell whoever administers the site.
   *[other] The notification services of { $count } devices do not answer. Try again later; if this lasts, tell whoever administers the site.
}
push-says-mention = { $name } mentions you
push-says-conversation = { $name } writes to you
push-says-answer = { $name } answers your question
push-says-territory = { $name } mentions your territory
push-says-channel = { $name } mentions a channel that you hear
push-says-announcement = Announcement by { $name }
push-says-reminder = Reminder: message by { $name }
push-says-report = A message by { $name } is reported
push-waiting = { $count ->
    [one] { $count } notification waits for you
   *[other] { $count } notifications wait for you
}
quiet-title = Quiet hours
quiet-purpose = During these hours nothing shows on your devices. What came meanwhile is announced at once when they end, if you have not read it.
quiet-enabled = Keep quiet hours
quiet-from = From
quiet-to = To
quiet-weekends = On Saturdays and Sundays too, all day
quiet-holidays = On French bank holidays too, all day
quiet-save = Save my quiet hours
