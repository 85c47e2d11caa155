"""A script for a page that stores until the browser refuses, as another site or a full disk does."""

# To the last kilobyte, in a database of its own.
FILL = """() => new Promise(done => {
  const opening = indexedDB.open('filler');
  opening.onupgradeneeded = () => opening.result.createObjectStore('s', {autoIncrement: true});
  opening.onsuccess = async () => {
    for (let size = 1 << 18; size >= 512;) {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      const ok = await new Promise(over => {
        const transaction = opening.result.transaction('s', 'readwrite');
        transaction.objectStore('s').put(bytes);
        transaction.oncomplete = () => over(true);
        transaction.onabort = () => over(false);
      });
      if (!ok) size /= 2;
    }
    done(1);
  };
})"""
